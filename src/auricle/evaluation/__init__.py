"""What is asked of a bundle on its test recordings, a file a question.

`references/evaluation.md` has the counting rule and its reasons.
"""
