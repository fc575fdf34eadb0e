account = My account
account-must-change = Your password is a one-time password. Choose your own to go on.
account-password = Password
account-current = Current password
account-new = New password
account-again = New password, again
account-set-password = Change the password
account-password-note = A password has at least 8 letters or digits. Changing it signs you out of other browsers.
account-sessions = Where you are signed in
account-session-count = { $count ->
    [1] You are signed in in { $count } browser.
   *[other] You are signed in in { $count } browsers.
}
account-sign-out-everywhere = Sign out everywhere
