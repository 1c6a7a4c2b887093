//! The terminal, borrowed for a picture and given back as it was.

use std::io::{self, Write as _};

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
const CLEAR_BELOW: &str = "\x1b[J";

/// A part of the terminal that is drawn again and again, from the row where the cursor was.
///
/// Keys are read as they are typed, without echo, but Ctrl-C stays a signal. Dropping it gives the
/// terminal back, also when a panic does the dropping.
pub(super) struct Screen {
    /// As it was before; `None` if the keyboard is no terminal.
    before: Option<Termios>,
    /// Rows drawn, hence above the cursor.
    drawn: usize,
}

impl Screen {
    pub(super) fn enter() -> io::Result<Screen> {
        let mut screen = Screen {
            before: tcgetattr(io::stdin()).ok(),
            drawn: 0,
        };
        screen.resume()?;
        Ok(screen)
    }

    /// Columns that can be drawn in. The last stays empty: some terminals wrap as it is filled.
    pub(super) fn width(&self) -> usize {
        let columns = tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_col);
        if columns == 0 {
            79
        } else {
            usize::from(columns - 1)
        }
    }

    /// Replaces the last picture by these rows, or as many as the window has.
    pub(super) fn draw(&mut self, rows: &[String]) -> io::Result<()> {
        let height = tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_row));
        let most = if height == 0 { 23 } else { height.max(2) - 1 };
        let mut picture = String::new();
        self.return_to_top(&mut picture);
        for row in rows.iter().take(most) {
            picture += row;
            picture += "\x1b[K\r\n";
        }
        picture += CLEAR_BELOW;
        self.drawn = rows.len().min(most);
        let mut out = io::stdout().lock();
        out.write_all(picture.as_bytes())?;
        out.flush()
    }

    /// Ctrl-Z: gives the terminal back and stops, as the shell expects, until it is continued.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        kill_process(getpid(), Signal::STOP)?;
        Ok(())
    }

    /// Takes the terminal again, which a shell may have changed meanwhile.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        if let Some(before) = &self.before {
            let mut ours = before.clone();
            ours.local_modes
                .remove(LocalModes::ICANON | LocalModes::ECHO);
            tcsetattr(io::stdin(), OptionalActions::Now, &ours)?;
        }
        // Where the old picture is now, only the terminal knows: begin a new one.
        self.drawn = 0;
        io::stdout().write_all(HIDE_CURSOR.as_bytes())?;
        io::stdout().flush()
    }

    fn return_to_top(&self, picture: &mut String) {
        picture.push('\r');
        if self.drawn > 0 {
            *picture += &format!("\x1b[{}A", self.drawn);
        }
    }

    fn leave(&self) {
        // There is nobody to tell if even this fails.
        let _ = io::stdout().write_all(SHOW_CURSOR.as_bytes());
        let _ = io::stdout().flush();
        if let Some(before) = &self.before {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}
