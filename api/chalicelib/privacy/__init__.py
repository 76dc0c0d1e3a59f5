"""How long what people gave is kept (`retention`), and how all of it is found, given back and erased (`person`)."""
