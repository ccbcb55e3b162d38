"""Arrays and bitmaps of which the catalogue is made, and how a snapshot keeps them."""
