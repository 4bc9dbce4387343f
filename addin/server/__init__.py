"""xlwings Server: the add-in for a whole company, over Office.js.

``app.create`` puts our routes and guards around the xlwings Server application, whose project folder is ``project/``.
Needs the extra ``server``. xlwings Server itself is free for non-commercial use only; see README.md here.
"""
