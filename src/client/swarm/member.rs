//! One connection of a swarm.

use std::io::{self, Read as _, Write as _};

use mio::net::TcpStream;

use super::{Flaw, Flow, Part};

/// A socket, the part played on it, and the bytes that are halfway.
pub(super) struct Member<P> {
    stream: TcpStream,
    pub(super) part: P,
    /// The beginning of something unfinished.
    rest: Vec<u8>,
    /// Said, and not yet taken by the kernel.
    pub(super) out: Vec<u8>,
}

impl<P: Part> Member<P> {
    pub(super) fn new(stream: TcpStream, part: P, out: Vec<u8>) -> Member<P> {
        Member {
            stream,
            part,
            rest: Vec::new(),
            out,
        }
    }

    /// Writes what there is to say, as much as the kernel takes.
    pub(super) fn flush(&mut self) -> Result<(), Flaw> {
        if self.out.is_empty() {
            return Ok(());
        }
        match self.stream.write(&self.out) {
            Ok(count) => drop(self.out.drain(..count)),
            Err(error) if is_not_yet(&error) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Reads what there is. `may_end`: the server may have closed right behind its last bytes, and
    /// no other edge would tell.
    pub(super) fn read(
        &mut self,
        scratch: &mut [u8],
        may_end: bool,
        record: &mut P::Record,
    ) -> Result<Flow, Flaw> {
        loop {
            match self.stream.read(scratch) {
                Ok(0) => return self.part.end(record).map(|()| Flow::Over),
                Ok(count) => {
                    if self.hear(&mut scratch[..count], record)? == Flow::Over {
                        return Ok(Flow::Over);
                    }
                    self.flush()?;
                    if count < scratch.len() && !may_end {
                        return Ok(Flow::On);
                    }
                }
                Err(error) if is_not_yet(&error) => return Ok(Flow::On),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn hear(&mut self, bytes: &mut [u8], record: &mut P::Record) -> Result<Flow, Flaw> {
        if self.rest.is_empty() {
            let heard = self.part.hear(bytes, &mut self.out, record)?;
            self.rest
                .extend_from_slice(bytes.get(heard.used..).unwrap_or_default());
            return Ok(heard.flow);
        }
        self.rest.extend_from_slice(bytes);
        let heard = self.part.hear(&mut self.rest, &mut self.out, record)?;
        self.rest.drain(..heard.used);
        Ok(heard.flow)
    }
}

/// A socket that is still connecting says so in its own words.
fn is_not_yet(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, NotConnected, WouldBlock};
    matches!(error.kind(), Interrupted | NotConnected | WouldBlock)
}
