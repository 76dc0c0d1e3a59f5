"""The contact form: a message is parsed (`message`), judged (`spam`), kept (`keeping`) and answered (`handling`).

fields --parse--> ContactMessage --judge--> Evidence --keep--> Kept, in PostgreSQL or in the queue
"""
