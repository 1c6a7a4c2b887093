//! Arguments in, one command called.

fn main() {}
