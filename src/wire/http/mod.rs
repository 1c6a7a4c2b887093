//! HTTP/1.1 heads, bodies and responses (RFC 9110, RFC 9112).
