"""The template workbooks, one module each, declarative. ``TEMPLATES`` lists them for the command line."""

TEMPLATES = {
    "roi": "Which platform pays over several years? Up to four side by side: cost per Mtok, NPV, IRR, multiple, net ROI.",
}
