## Every page

product-name = Xinshu
product-tagline = Identity · Certificates · Time
other-language-name = 简体中文

## Errors

error-unavailable-title = Not available right now
error-unavailable-text = Please try again in a few seconds.
error-internal-title = Something went wrong
error-internal-text = It was logged. Try again later, or contact your administrator.
error-request-title = This request cannot be handled
error-request-text = The link or the application’s settings may be wrong. Go back and try again. If the problem stays, contact your administrator.
error-reason = Reason
error-request-id = Request
page-expired-title = This page has expired
page-expired-text = Go back, reload and try again. Your browser must accept cookies.
go-to-account = Go to my account
