"""The newsletter: asked for, confirmed and ended in `subscribing`, prepared in `finding`, sent in `announcing`.

Nothing here says whether an address is known. Links in mails are signed and open a page with one button, because
programs that look through mail open every link, and press none.
"""
