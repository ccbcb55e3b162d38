"""What a hub shows in place of its pages if it was installed without them."""

from __future__ import annotations

from mergehub.kit.docs.layout import page

BODY = """<h1>This hub works; its pages are not built</h1>
<p>The pages are made from the folder <code>web</code> of the repository, with packages of an npm
registry, which could not be reached when this hub was set up. Build them in the repository, then
restart the hub:</p>
<pre><code>make pages</code></pre>
<p>Until then, use <a href="/docs">the operations</a> and
<a href="/docs/guides/shell">the shell</a>.</p>
"""


def unbuilt_page() -> str:
    """The page that says how to build the pages."""
    return page("Pages are not built", BODY, here="/")
