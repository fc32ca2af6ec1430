"""Web-PS: a professional consults one record in a browser, sent there by their software.

Source: spec dmp §2.4 (TD0.9, TD0.10). The pages call the same queries as TD3.1 and TD3.2.
"""
