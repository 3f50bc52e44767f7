"""Reports as Markdown, for comments of pull requests and summaries of jobs.

What a reader must not miss comes first and open, the rest folded; what does not fit is counted in the first lines.
Names, tags and messages are shown as code, in which nothing is a link, an image, HTML or a mention.
"""
