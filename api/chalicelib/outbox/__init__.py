"""What is to be delivered, each delivery a job of its own: `jobs` keeps them, `worker` runs them.

a job that is due --take--> Job --compose--> mail, notification or webhook --deliver--> done, again later, or dead
"""
