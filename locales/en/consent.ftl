## Consent, and the way back to the application

consent-title = Allow access
consent-question = Allow access?
consent-wants = { $client } wants to act for you. It will be able to:
consent-user = Signed in as
consent-not-you = Not you?
consent-host = You return to
consent-allow = Allow
consent-deny = Cancel
scope-openid = Know who you are
scope-profile = See your name and user name
scope-email = See your e-mail address
scope-offline_access = Keep access while you are away
scope-api = Use Xinshu with your permissions
return-title = Back to the application
return-heading = Taking you back
return-text = If nothing happens, choose Continue.
return-continue = Continue
