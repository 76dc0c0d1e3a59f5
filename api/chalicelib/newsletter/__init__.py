"""The newsletter: asked for, confirmed by mail (`subscribing`), written from the feed (`announcing`), ended by a click.

Nothing here says whether an address is known. Links in mails are signed and open a page with one button, because
programs that look through mail open every link, and press none.
"""
