sign-in = Sign in
sign-in-name = Name
sign-in-password = Password
