## The account page

account-title = My account
account-sessions = Where you are signed in
account-this-session = this one
account-signed-in-at = signed in
account-last-active = last active
account-end-session = End
account-end-session-of = End the session: { $browser }
account-session-ended = The session has ended.
account-unknown-browser = Unknown browser
account-change-password-title = Change your password
account-current-password = Current password
account-change-password = Change password
account-password-changed = Your password is changed. Your other sessions have ended.
account-current-password-wrong = The current password is wrong.
account-other-devices = At least { $min } characters. Your other devices will be signed out.

## Setting a password

new-password = New password
new-password-again = New password again
passwords-differ = The two passwords differ.
set-password-title = Set your password
set-password-action = Set password
set-password-hello = Hello,{" "}
set-password-once = . This link works once.
set-password-advice = At least { $min } characters. A sentence you remember beats a string of symbols.
link-expired-title = This link no longer works
link-expired-text = It works once and for a limited time. Ask your administrator for another one.
go-to-sign-in = Go to sign-in
password-too-short = The new password must have at least { $min } characters.
password-too-long = The new password must have at most { $max } bytes.
password-too-common = This password is on the list of common and leaked passwords that attackers try first. Choose another one.
password-repetitive = This password repeats itself or is a plain sequence. Choose another one.
password-is-a-name = This password is little more than your name or the name of this service. Choose another one.
set-password-short = Your password is right, but it is shorter than { $min } characters, which are required now. Please set a longer one to continue.
account-too-many-attempts = Too many attempts. Please wait a little and try again.
