## Every page

product-name = Xinshu
product-tagline = Identity · Certificates · Time
other-language-name = 简体中文

## Times

time-now = just now
time-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
time-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
time-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
time-date = on { $date }

## Errors

error-unavailable-title = Not available right now
error-unavailable-text = Please try again in a few seconds.
error-internal-title = Something went wrong
error-internal-text = It was logged. Try again later, or contact your administrator.
error-request-title = This request cannot be handled
error-request-text = The link or the application’s settings may be wrong. Go back and try again. If the problem stays, contact your administrator.
error-client-title = This application is not known here
error-client-text = You cannot sign in to it with this service. Report this to the application’s operator or to your administrator.
error-return-text = The address to which you would return is not registered for this application, so the sign-in was stopped to protect you. Report this to the application’s operator.
error-report = Details for your administrator
error-reason = Reason
error-request-id = Request
unknown-address-title = There is nothing at this address
unknown-address-text = The link may be mistyped or out of date. Check the address, or continue from here.
page-expired-title = This page has expired
page-expired-text = Go back, reload and try again. Your browser must accept cookies.
go-to-account = Go to my account
