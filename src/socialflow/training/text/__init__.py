"""Labelled texts: what each public set says about which question, and the tasks a model is trained on."""
