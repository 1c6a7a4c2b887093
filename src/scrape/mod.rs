//! What a person reads off a command's terminal, read by a machine.
//!
//! A progress display is made for eyes: it is redrawn in place, coloured, cut to the width of the
//! window, and every tool has its own. Yet a person who has never seen the tool understands it at
//! once, because a few habits are shared: a percentage stands beside a bar, two numbers are joined
//! by a slash, a speed ends in `/s`, and above all *it changes*. This module holds those habits,
//! each in a file of its own, and no list of tools; the few formats that carry numbers without any
//! of them (`curl`'s table, `ffmpeg`'s clock) are named as such.
//!
//! The way of a byte: [`lines`] cuts the stream into lines as a terminal shows them, with [`escape`] for
//! what moves the cursor and [`screen`] for what stands where it goes, [`frame`] puts
//! by what comes within one moment, [`token`] cuts a line into numbers, words and marks,
//! [`percent`], [`ratio`], [`sizes`], [`pairs`], [`amount`], [`speed`], [`eta`] and [`label`] look for their own in
//! those, [`touch`] sees what is drawn beside a number, [`gauge`] sorts out what is only in use,
//! [`measure`] what counts something else and [`table`] what stands in columns, [`sight`] joins what one line says, and [`displays`] and
//! [`memory`] decide whether that is progress or merely a number: what must not be read matters as much
//! as what must. [`counts`] asks it of a counter, [`shape`] of everything else. [`bars`], [`steps`], [`held`] and
//! [`stage`] then tell one bar from another, [`whole`] which of them is all of the work, and [`heading`]
//! what it is called, without the dates that [`date`] knows.
//!
//! Everything here is pure. Time is an argument, the work is linear in the bytes read, and nothing
//! a command prints can make the memory grow beyond one line of [`lines::MAX_LINE`] and
//! [`screen::ROWS`] of [`row::MAX_ROW`].

pub mod act;
pub mod amount;
pub mod bars;
pub mod beside;
pub mod cells;
pub mod countdown;
pub mod counts;
pub mod date;
pub mod displays;
pub mod drawn;
pub mod escape;
pub mod eta;
pub mod frame;
pub mod gauge;
pub mod graphics;
pub mod heading;
pub mod held;
pub mod json;
pub mod label;
pub mod lines;
pub mod measure;
pub mod media;
pub mod memory;
pub mod pairs;
pub mod parser;
pub mod percent;
pub mod ratio;
pub mod reader;
pub mod reading;
pub mod remains;
pub mod row;
pub mod screen;
pub mod shape;
pub mod sight;
pub mod sizes;
pub mod source;
pub mod speed;
pub mod stage;
pub mod status;
pub mod steps;
pub mod table;
pub mod token;
pub mod touch;
pub mod whole;

pub use parser::{Parser, Stream};
pub use reader::Reader;
pub use reading::Reading;
pub use stage::Stage;
