use crate::NONE;
use crate::{percents, read};

#[test]
fn output_with_numbers_that_are_no_progress() {
    let streams = [
        "  Downloading https://example.com/a%20b%2045%25.bin\n",
        "[download] Downloading playlist: Feed 100% fun\n[generic] Playlist Feed 100% fun: 3 items\n",
        "Compared to last year 45% more\n",
        "E   AssertionError: only 42% of rows matched\n",
        "/dev/sda1  100G  45G  55G  45% /\n/dev/sdb1  100G  60G  40G  60% /home\n",
        "3 packets transmitted, 3 received, 0% packet loss, time 2003ms\n",
        "src/a.py     10      2    80%\nsrc/b.py     20      1    95%\n",
        "File      | % Stmts | % Branch\na.js      |   85%   |   50%\nb.js      |   75%   |   20%\n",
        " rename src/{a.rs => b.rs} (95%)\n rename src/{c.rs => d.rs} (70%)\n",
        "CPU at 97%, memory 43% used\nCPU at 98%, memory 44% used\n",
        "warn: cache 87% full\nwarn: cache 88% full\n",
        "file \"100% done.mp4\" queued\nfile \"50% done.mp4\" queued\n",
        "error: page 3/4 is missing\n",
        "11/22 08:49:19 [NOTICE] Downloading 1 item(s)\n",
        "text.txt (1/1)\n",
        "version 1.2/3\nlistening on 127.0.0.1:8765\n",
        "\r/ Resolving dependencies...\r- Resolving dependencies...\r\\ Resolving dependencies...",
        "added 31 packages in 2s\n",
        "0.996:1,  8.035 bits/byte, -0.44% saved, 8000000 in, 8034832 out.\n",
        "2026\n",
        "7\n",
    ];
    for stream in streams {
        assert_eq!(percents(stream), NONE, "{stream:?}");
    }
}

#[test]
fn traps_among_progress_do_not_disturb_it() {
    let stream = "[progress] 2%\ncache hit rate 88.2%\n[progress] 10%\nfile \"100% done.mp4\" queued\n\
                  disk 91% full\n[progress] 30%\nCPU at 97%, memory 43% used\n[progress] 32%\n";
    assert_eq!(percents(stream), [2.0, 10.0, 30.0, 32.0]);
}

#[test]
fn a_reading_is_not_repeated() {
    assert_eq!(read(b"\r45%\r45%\r45%\r\n").len(), 1);
}
