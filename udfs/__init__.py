"""What a cell can call: kernels (numpy), the baselines catalogue, and the Excel functions built on them.

``import tokenbook`` offers every function under its Python name.
"""
