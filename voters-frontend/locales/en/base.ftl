# What every page shows.
skip = Skip to the content
captcha-off = Verification is off: this environment is only for testing.
noscript = Verifying that you are a person needs JavaScript. Everything else works without it.
languages = Language
moment = { $day }, { $time } (Brasília time)
moment-utc = { $day }, { $time } (UTC)
