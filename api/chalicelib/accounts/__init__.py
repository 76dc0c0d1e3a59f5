"""Members and what is theirs.

They sign in by a mailed link (`links`) or by OpenID Connect (`issuer`), are known again by `sessions`, see and change
what is theirs in `me` and `saved`. Programs have `keys`.
"""
