"""The facts while they grow: new results and models, in arrays that older states share."""
