"""Collectors: pages of an outside API become users, items, interactions and running totals.

`endpoints` lists what can be read, `fields` how its rows may be spelt, `client` asks for pages and is patient, `rows`
turns rows into records and counts what is odd about them, `writers` stores a page, `collector` goes from page to page.
A page's rows and the checkpoint behind them are one transaction: a collection that is broken off anywhere goes on at
the first page that is not stored.
"""
