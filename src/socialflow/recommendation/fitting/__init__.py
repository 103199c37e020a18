"""Training of the neural recommenders with torch; what they learn is handed back as numpy arrays.

An algorithm imports its trainer inside `_fit`, so that serving a fitted model never needs torch.
"""
