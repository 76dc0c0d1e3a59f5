"""The contact form: a message is parsed (`message`), judged (`spam`), kept (`keeping`), answered (`handling`), told of.

fields --parse--> ContactMessage --judge--> Evidence --keep--> Kept, in PostgreSQL or in the queue --tell--> jobs

Telling (`telling`) is the worker's: it compares messages with each other before.
"""
