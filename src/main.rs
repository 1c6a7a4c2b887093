//! Arguments in, one command called.

fn main() -> std::io::Result<()> {
    let mut config = doneyet::server::Config::default();
    config.access.echo = true;
    doneyet::command::serve::serve(&config)
}
