"""The drawings of the manual, made from the code: `python -m docs._pictures [--check]` writes docs/img/*.svg.

house.svg    the rooms of metalctl/ and who imports whom, from the imports
path.svg     the path of a node, from the stages and their budgets
network.svg  which networks a provisioner stands on, with the ports from the code

A drawing is committed, so that it shows where the site is not built; a test holds it to the code.
"""
