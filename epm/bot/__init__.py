"""`epm bot`: what the workflows run. It answers events of GitHub, and edits nothing but comments.

`command` is the door, `dispatch` says what an event asks for, `verdicts` keeps the one comment.
"""
