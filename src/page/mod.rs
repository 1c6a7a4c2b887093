//! The dashboard and the browser module, embedded.
//!
//! A daemon that is one file to copy has no directory to serve: its page is compiled in. So there
//! is no path to traverse, no file to be missing, and the page always speaks the protocol of the
//! daemon that serves it. Each asset is what lies beside this file, byte for byte: no build step
//! stands between what is read here and what a browser runs.
//!
//! All URLs in the assets are relative, so that the whole works below any base path; the page
//! itself must then be asked for with its final slash (`/p/`, not `/p`).

/// A file of the page, ready to be the body of a response.
#[derive(Debug, PartialEq, Eq)]
pub struct Asset {
    /// Where it is served, below the base path: `/` or one segment.
    pub path: &'static str,
    /// Its media type, the value of `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub bytes: &'static [u8],
}

/// What the page may do, the value of `Content-Security-Policy` (CSP Level 3).
///
/// Tasks carry text of strangers. The page never makes markup of it; should it ever slip, this
/// header still lets no script run but our own and no request leave but to this daemon. (One
/// exception: the button that starts a task again may knock at the viewer's own machine.)
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self'; connect-src 'self' http://localhost:* http://127.0.0.1:*; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
// RFC 9239 §6: one name for JavaScript; browsers refuse a module served under a wrong one.
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
// TypeScript has no registered media type; compilers read files, people read text.
const TEXT: &str = "text/plain; charset=utf-8";
const SVG: &str = "image/svg+xml";

static ASSETS: [Asset; 9] = [
    Asset {
        path: "/",
        content_type: HTML,
        bytes: include_bytes!("index.html"),
    },
    Asset {
        path: "/style.css",
        content_type: CSS,
        bytes: include_bytes!("style.css"),
    },
    Asset {
        path: "/doneyet.js",
        content_type: JAVASCRIPT,
        bytes: include_bytes!("doneyet.js"),
    },
    Asset {
        path: "/doneyet.d.ts",
        content_type: TEXT,
        bytes: include_bytes!("doneyet.d.ts"),
    },
    Asset {
        path: "/dashboard.js",
        content_type: JAVASCRIPT,
        bytes: include_bytes!("dashboard.js"),
    },
    Asset {
        path: "/orders.js",
        content_type: JAVASCRIPT,
        bytes: include_bytes!("orders.js"),
    },
    Asset {
        path: "/row.js",
        content_type: JAVASCRIPT,
        bytes: include_bytes!("row.js"),
    },
    Asset {
        path: "/view.js",
        content_type: JAVASCRIPT,
        bytes: include_bytes!("view.js"),
    },
    Asset {
        path: "/favicon.svg",
        content_type: SVG,
        bytes: include_bytes!("favicon.svg"),
    },
];

/// The asset at `path`: the request's path without base path and query.
pub fn asset(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}
