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
        "using 3/4 cores\nusing 2/4 cores\n",
        "11/26 backup\n11/27 backup\n11/28 backup\n",
        "request took 5 ms 12/40\nrequest took 7 ms 12/41\n",
        "hit ratio 3/10\nhit ratio 9/10\nhit ratio 2/10\n",
        "Ran: 12/40 tests passed\n",
        "Mem: 5.1G/15.5G\nMem: 5.2G/15.5G\nmemory 5.3 GiB / 15.5 GiB\n",
        "share 60%\nshare 45%\nshare 52%\nshare 48%\n",
        "{\"cpu\":{\"percent\":45}}\n{\"cpu\":{\"percent\":55}}\n",
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

#[test]
fn a_number_that_starts_over_is_one_that_goes_on() {
    assert_eq!(
        percents("so far: 3%\nso far: 40%\nso far: 97%\nso far: 2%\nso far: 60%\n"),
        [40.0, 97.0, 2.0, 60.0]
    );
}

#[test]
fn an_address_in_a_line_that_comes_again_is_a_number_too() {
    let stream = "Writing at 0x0000f000... (10 %)\nWriting at 0x000a1000... (20 %)\n\
                  Writing at 0x000b2000... (35 %)\n";
    assert_eq!(percents(stream), [20.0, 35.0]);
}

#[test]
fn a_bar_vouches_for_the_counters_behind_it() {
    let stream = "a1b2: Downloading [==>      ]  1.0MB/10.0MB\n";
    assert_eq!(percents(stream), [10.0]);
}

#[test]
fn three_counters_of_errors_are_no_amount() {
    let reading = crate::last("\r10.00% done, 0:01 elapsed. (0/0/0 errors)");
    assert_eq!((reading.percent, reading.loaded), (Some(10.0), None));
}
