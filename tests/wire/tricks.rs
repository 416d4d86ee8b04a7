//! Ways to write an address that leaves the site, or a header within a value. Each has `evil` or `alert` in it.

#[rustfmt::skip]
pub const TRICKS: &[&str] = &[
    // Schemes and slashes.
    "https://evil.test", "http://evil.test/", "HTTPS://evil.test", "//evil.test", "///evil.test", "////evil.test", "/////evil.test",
    "//////evil.test/x", "https:evil.test", "https:/evil.test", "https:///evil.test", "http:/\\evil.test", "https:\\\\evil.test",
    "https:\\evil.test", "http:evil.test", "ftp://evil.test", "ws://evil.test", "file://evil.test/x", "mailto:evil@evil.test", "evil.test",
    "//evil.test:443", "//evil.test:80/", "//evil", "//evil.test?", "//evil.test#", "//evil.test/%2e%2e",
    // Backslashes.
    "/\\evil.test", "\\/evil.test", "\\\\evil.test", "/\\/evil.test", "\\evil.test", "/\\\\evil.test", "//\\evil.test", "/./\\evil.test",
    "\\\\\\\\evil.test", "/%5cevil.test", "/%5c%5cevil.test", "%5c%5cevil.test", "/%5c/evil.test",
    // Dots and paths.
    "/..//evil.test", "/.//evil.test", "/sign-in/..//evil.test", "//evil.test/..;/sign-in", "/;//evil.test", "/sign-in//evil.test",
    "/recovery/..%2f..%2f/evil.test", "/%2e%2e//evil.test", "/.evil.test", ".evil.test", "/..evil.test", "//evil.test/..",
    "/%2f%2fevil.test", "%2f%2fevil.test", "/%2fevil.test", "/%252f%252fevil.test",
    // User information and look-alike hosts.
    "//portal.mercy.example@evil.test", "https://portal.mercy.example@evil.test", "https://portal.mercy.example:pw@evil.test",
    "https://portal.mercy.example%40evil.test", "https://portal.mercy.example.evil.test", "https://portal.mercy.exampleevil.test",
    "https://evil.test#portal.mercy.example", "https://evil.test?portal.mercy.example", "https://evil.test\\.portal.mercy.example",
    "https://evil.test;portal.mercy.example", "https://evil.test\\@portal.mercy.example", "https://portal.mercy.example:443@evil.test",
    "https://portal.mercy.example\\@evil.test", "https://evil.test/portal.mercy.example", "@evil.test", "/@evil.test", ":@evil.test",
    "portal.mercy.example@evil.test", "portal.mercy.example:443@evil.test", "portal.mercy.example, evil.test", "portal.mercy.example evil.test",
    "portal.mercy.example\tevil.test", "evil.test:443", "evil.test:x", "evil.test:-1", "evil.test.", "[::1].evil.test",
    // Unicode.
    "//evil\u{3002}test", "//evil\u{ff0e}test", "//evil\u{ff61}test", "//\u{ff0f}evil.test", "/\u{2215}evil.test", "/\u{2044}evil.test",
    "\u{ff0f}\u{ff0f}evil.test", "//\u{202e}tset.live/evil", "//evil\u{200b}.test", "//evil\u{ad}.test", "\u{feff}//evil.test",
    "https://evil\u{2024}test", "https://portal.mercy.example\u{ff20}evil.test", "https://portal.mercy.example\u{2100}.evil.test",
    "//evil%E3%80%82test", "//evil%EF%BC%8Etest", "%EF%BC%8F%EF%BC%8Fevil.test",
    // White space and control characters.
    "/\t/evil.test", "\t//evil.test", " //evil.test", "//evil.test ", "/ /evil.test", "ht\ttps://evil.test", "\u{b}//evil.test",
    "\u{c}//evil.test", "\u{1}//evil.test", "/%09/evil.test", "%09//evil.test", "%20//evil.test", "/%0a/evil.test", "/%0d/evil.test",
    "%00//evil.test", "//evil.test%00.portal.mercy.example", "//evil.test%0a.portal.mercy.example", "//evil.test%0d%0a",
    // Header lines in a value.
    "%0d%0aLocation:%20https://evil.test", "/sign-in%0d%0aLocation:%20//evil.test", "%0d%0a%0d%0a<script>evil</script>", "%0aSet-Cookie:%20evil=1",
    "%E5%98%8D%E5%98%8ALocation:%20//evil.test", "\u{560d}\u{560a}Location: //evil.test", "%u000d%u000aLocation:%20//evil.test",
    "/sign-in\r\nLocation: https://evil.test", "x\r\nX-Forwarded-Host: evil.test", "x\nLocation: //evil.test", "x\rLocation: //evil.test",
    "es\r\nSet-Cookie: evil=1", "es%0d%0aSet-Cookie:%20evil=1",
    // What runs, and what breaks out of an attribute.
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "javascript://portal.mercy.example/%0aalert(1)", "javascript&colon;alert(1)",
    "%6aavascript:alert(1)", "vbscript:evil", "data:text/html,<script>alert(1)</script>", "data:text/html;base64,ZXZpbA==#evil", "blob:https://evil.test/x",
    "\"><script>alert(1)</script>", "'><a href=//evil.test>", "\" onfocus=alert(1) x=\"", "</title><script>alert(1)</script>", "&#34;><evil>",
    "<meta http-equiv=refresh content=0;url=//evil.test>", "<base href=//evil.test>", "{{evil}}", "${jndi:ldap://evil.test}", "%3Cscript%3Ealert(1)%3C/script%3E",
];

/// The names under which services take a destination, and those that our own pages know.
#[rustfmt::skip]
pub const NAMES: &[&str] = &[
    "next", "return", "return_to", "returnUrl", "redirect", "redirect_uri", "redirect_url", "url", "uri", "continue", "dest",
    "destination", "target", "goto", "callback", "RelayState", "state", "origin", "host", "lang", "back", "factor", "id", "after",
];
