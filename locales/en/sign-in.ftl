## Sign-in

sign-in-title = Sign in
sign-in-to-client = to continue to { $client }
sign-in-to-account = with your { $service } account
username = User name
password = Password
sign-in-decline = Cancel
sign-in-forgotten = Forgot your password? Your administrator can send you a link.
sign-in-password-set = Your password is set. Sign in with it.
sign-in-page-expired = This page has expired. Please sign in again; your browser must accept cookies.
sign-in-wrong-credentials = The user name or the password is wrong.
sign-in-throttled = Too many attempts. Please try again in { $seconds } s.
sign-in-throttled-minutes = Too many attempts. Please try again in { $minutes } minutes, or use a browser in which you have signed in before.
sign-in-busy = Many people are signing in. Please try again in a moment.
sign-in-expired-title = This sign-in has expired
sign-in-expired-text = Go back to the application and start again.

## Sign-out

sign-out-title = Sign out
sign-out-question = Sign out?
sign-out-asked-by = { $client } asks to end your session.
sign-out-incomplete = The application’s request cannot be handled. You can still sign out here; you will not be sent back to the application.
signed-in-as = You are signed in as { $user }.
sign-in-as-another = Use another account
stay-signed-in = Stay signed in
signed-out-title = You are signed out
signed-out-text = Your session here has ended. On a shared computer, close the browser too.
sign-in-again = Sign in again
