## The account page

account-title = My account
account-sessions = Where you are signed in
account-this-session = this one
account-signed-in-at = Signed in
account-last-active = Last active
account-end-session = Sign out
account-end-session-of = Sign out there: { $browser }
account-end-sessions-elsewhere = Sign out everywhere else
account-session-ended = That browser is signed out.
account-sessions-ended = You are signed out everywhere else.
account-unknown-browser = Unknown browser
account-applications = Applications with access
account-no-applications = No application has access in your name.
account-end-application = Remove
account-end-application-of = Remove the access of { $application }
account-application-ended = The application has no access any more.
account-change-password-title = Change your password
account-current-password = Current password
account-change-password = Change password
account-password-changed = Your password is changed. Your other sessions have ended.
account-current-password-wrong = The current password is wrong.
account-other-devices = At least { $min } characters. Your other devices will be signed out.
colon = : {""}
list-separator = {" "}· {""}

## Setting a password

new-password = New password
new-password-again = New password again
passwords-differ = The two passwords differ.
set-password-title = Set your password
set-password-action = Set password
set-password-hello = Hello, { $user }. This link works once.
set-password-short = Your password is right, but it has fewer than the { $min } characters that are required now. Please set a longer one to continue.
set-password-advice = At least { $min } characters. A sentence you remember beats a string of symbols.
link-expired-title = This link no longer works
link-expired-text = It works once and for a limited time. Ask your administrator for another one.
go-to-sign-in = Go to sign-in
password-too-short = The new password must have at least { $min } characters.
password-too-long = The new password must have at most { $max } bytes.
password-too-common = This password is on the list of common and leaked passwords that attackers try first. Choose another one.
password-repetitive = This password repeats itself or is a plain sequence. Choose another one.
password-is-a-name = This password is little more than your name or the name of this service. Choose another one.
account-too-many-attempts = Too many attempts. Please wait a little and try again.
