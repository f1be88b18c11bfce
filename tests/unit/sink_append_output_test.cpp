#include <errno.h>
#include <zlib.h>

#include "support/sink_rig.h"

namespace remora {
namespace {

using Names = std::vector<std::string>;

class AppendTest : public SinkRig {
 protected:
    void SetUp() override {
        SinkRig::SetUp();
        options.path = directory + "/m.ndjson";
        start(SinkKind::kAppend);
    }

    void number_tick(int lines) {
        queue_numbers(lines);
        drain();
    }

    // Idle ones: a file of these tests is compressed in fewer.
    void take_turns() {
        for (int turn = 0; turn < 20; ++turn) {
            worker->do_work();
        }
    }

    void queue_numbers(int lines) {
        begin();
        for (int i = 0; i < lines; ++i) {
            push("{\"n\":" + std::to_string(next_++) + "}\n");
        }
        end();
    }

    static std::string unpacked(const std::string& path) {
        if (!path.ends_with(".gz")) {
            return read(path);
        }
        std::string text;
        gzFile in = gzopen(path.c_str(), "rb");
        char buffer[4096];
        for (int got = 0; (got = gzread(in, buffer, sizeof(buffer))) > 0;) {
            text.append(buffer, static_cast<std::size_t>(got));
        }
        gzclose(in);
        return text;
    }

    // Everything ever written, oldest first: rotated names sort before... by number, and the live
    // file is last.
    std::string everything() const {
        Names rotated = names();
        std::string text;
        for (const std::string& name : rotated) {
            if (name != "m.ndjson") {
                text += unpacked(directory + "/" + name);
            }
        }
        return text + read(directory + "/m.ndjson");
    }

    std::string numbers(int first, int past) const {
        std::string text;
        for (int i = first; i < past; ++i) {
            text += "{\"n\":" + std::to_string(i) + "}\n";
        }
        return text;
    }

    int next_ = 0;
};

TEST_F(AppendTest, FramesFollowOneAnother) {
    tick({"a\n", "b\n"});
    tick({"c\n"});
    EXPECT_EQ(read(options.path), "a\nb\nc\n");
    restart();
    tick({"d\n"});
    EXPECT_EQ(read(options.path), "a\nb\nc\nd\n");
    EXPECT_EQ(names(), Names{"m.ndjson"});
}

TEST_F(AppendTest, ABlockIsOneWrite) {
    tick({"a\n", "b\n", "c\n"});
    EXPECT_EQ(files.calls[FileOp::kWrite], 1);
    EXPECT_EQ(read(options.path), "a\nb\nc\n");
}

TEST_F(AppendTest, ItRotatesAtTheStartOfAFrameAndLosesNothing) {
    options.rotate_bytes = 500;
    options.rotated_files_max = 1'000;
    start(SinkKind::kAppend);
    for (int i = 0; i < 40; ++i) {
        number_tick(20);
    }
    EXPECT_EQ(everything(), numbers(0, 800));
    EXPECT_GE(get(Counter::kSinkRotations), 10U);
    EXPECT_EQ(names().size(), get(Counter::kSinkRotations) + 1);
    // A frame lies in one file.
    for (const std::string& name : names()) {
        const std::string text = read(directory + "/" + name);
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n') % 20, 0);
    }
}

TEST_F(AppendTest, ItRotatesByAge) {
    options.rotate_age_ms = 60'000;
    start(SinkKind::kAppend);
    tick({"a\n"});
    clock.advance_ms(59'000);
    tick({"b\n"});
    clock.advance_ms(1'000);
    tick({"c\n"});
    EXPECT_EQ(read(directory + "/m.ndjson.r00000001"), "a\nb\n");
    EXPECT_EQ(read(options.path), "c\n");
}

TEST_F(AppendTest, ARestartDoesNotMakeAFileYounger) {
    options.rotate_age_ms = 60'000;
    files.born_shown_ms = clock.wall_ms();
    start(SinkKind::kAppend);
    tick({"a\n"});
    clock.advance_ms(40'000);
    tick({"b\n"});
    restart();
    clock.advance_ms(30'000);
    tick({"c\n"});
    EXPECT_EQ(read(directory + "/m.ndjson.r00000001"), "a\nb\n");
    EXPECT_EQ(read(options.path), "c\n");
}

TEST_F(AppendTest, ADirectoryThatCannotBeListedLosesNoRotatedFile) {
    options.rotate_bytes = 1;
    write(options.path + ".r00000001", "of an earlier run\n");
    files.fail(FileOp::kList, EACCES);
    start(SinkKind::kAppend);
    tick({"a\n"});
    tick({"b\n"});
    EXPECT_EQ(read(options.path + ".r00000001"), "of an earlier run\n");
    EXPECT_EQ(read(options.path + ".r00000002"), "a\n");
}

TEST_F(AppendTest, TheNumberOfRotatedFilesIsBoundedCountingLeftovers) {
    for (const char* left : {".r00000003", ".r00000007.gz", ".1", ".r00000009x", ".20261123"}) {
        write(options.path + left, "left\n");
    }
    options.rotate_bytes = 10;
    options.rotated_files_max = 3;
    start(SinkKind::kAppend);
    for (int i = 0; i < 20; ++i) {
        number_tick(3);
    }
    std::size_t ours = 0;
    for (const std::string& name : names()) {
        ours += name.starts_with("m.ndjson.r0000002") ? 1 : 0;
    }
    // Numbers went on above the highest leftover; what is named otherwise is not ours.
    EXPECT_EQ(ours, 3U);
    EXPECT_FALSE(std::filesystem::exists(options.path + ".r00000003"));
    EXPECT_FALSE(std::filesystem::exists(options.path + ".r00000007.gz"));
    EXPECT_TRUE(std::filesystem::exists(options.path + ".1"));
    EXPECT_TRUE(std::filesystem::exists(options.path + ".r00000009x"));
    EXPECT_TRUE(std::filesystem::exists(options.path + ".20261123"));
}

TEST_F(AppendTest, DiskUseNeverExceedsTheBound) {
    for (const bool compress : {false, true}) {
        options.gzip_rotated = compress;
        options.disk_bytes_max = 20'000;
        options.rotate_bytes = 4'000;
        options.rotated_files_max = 1'000;
        restart();
        std::int64_t most = 0;
        for (int i = 0; i < 300; ++i) {
            queue_numbers(1 + i * 7 % 150);
            while (channel->filled() > 0) {
                step();
                most = std::max(most, bytes_on_disk());
            }
            for (int j = 0; j < i % 5; ++j) {
                worker->do_work();
                most = std::max(most, bytes_on_disk());
            }
        }
        EXPECT_LE(most, options.disk_bytes_max);
        EXPECT_GE(most, options.disk_bytes_max / 2) << "the test never came near the bound";
        EXPECT_EQ(get(Counter::kSinkBytesDropped), 0U);
        const Names left = names();
        EXPECT_EQ(compress, std::any_of(left.begin(), left.end(), [](const std::string& name) {
                      return name.ends_with(".gz");
                  }));
    }
}

TEST_F(AppendTest, DiskUseIsBoundedEvenWhenAFrameIsTooLargeOrRenamingFails) {
    options.disk_bytes_max = 4'000;
    start(SinkKind::kAppend);
    files.fail(FileOp::kRename, EACCES);
    for (int i = 0; i < 50; ++i) {
        queue_numbers(100);
        while (channel->filled() > 0) {
            step();
            ASSERT_LE(bytes_on_disk(), options.disk_bytes_max);
        }
        clock.advance_ms(31'000);
    }
    EXPECT_GT(get(Counter::kSinkBytesDropped), 0U);
    EXPECT_GE(log_lines.count("cannot rename"), 1);
    files.clear();
    clock.advance_ms(31'000);
    tick({"healed\n"});
    EXPECT_EQ(read(options.path), "healed\n");
    begin();
    for (int i = 0; i < 1'000; ++i) {
        push("0123456789\n");
    }
    end();
    while (channel->filled() > 0) {
        step();
        ASSERT_LE(bytes_on_disk(), options.disk_bytes_max);
    }
    expect_conservation();
}

TEST_F(AppendTest, RotatedFilesAreCompressedAllButTheNewest) {
    options.rotate_bytes = 100'000;
    options.rotated_files_max = 100;
    options.gzip_rotated = true;
    start(SinkKind::kAppend, 4096);
    for (int i = 0; i < 4; ++i) {
        number_tick(10'000);
        take_turns();
    }
    EXPECT_EQ(names(), (Names{"m.ndjson", "m.ndjson.r00000001.gz", "m.ndjson.r00000002.gz",
                              "m.ndjson.r00000003"}));
    EXPECT_EQ(everything(), numbers(0, 40'000));
    EXPECT_LT(std::filesystem::file_size(directory + "/m.ndjson.r00000001.gz"), 50'000U);
}

TEST_F(AppendTest, CompressingWorksInSlicesAndYieldsToTheStream) {
    options.rotate_bytes = 100'000;
    options.gzip_rotated = true;
    start(SinkKind::kAppend, 4096);
    for (int i = 0; i < 3; ++i) {
        number_tick(40'000);
    }
    const int reads = files.calls[FileOp::kRead];
    worker->do_work();
    worker->do_work();
    // 128 KiB of about 500,000 bytes at most: the job is under way.
    EXPECT_LE(files.calls[FileOp::kRead] - reads, 2);
    EXPECT_TRUE(std::filesystem::exists(options.path + ".r00000001"));
    const std::string before = read(options.path);
    tick({"now\n"});
    EXPECT_TRUE(read(options.path) == before + "now\n" || read(options.path) == "now\n");
    stop();
    for (const std::string& name : names()) {
        EXPECT_EQ(name.find("tmp"), std::string::npos) << name;
    }
}

TEST_F(AppendTest, ACompressedFileIsOnDiskBeforeThePlainOneGoes) {
    options.rotate_bytes = 1'000;
    options.gzip_rotated = true;
    options.fsync = FsyncMode::kRotate;
    start(SinkKind::kAppend);
    files.fail(FileOp::kSync, EIO, -1, "gz.tmp");
    for (int i = 0; i < 3; ++i) {
        number_tick(200);
        take_turns();
    }
    EXPECT_EQ(names(), (Names{"m.ndjson", "m.ndjson.r00000001", "m.ndjson.r00000002"}));
    EXPECT_GE(log_lines.count("cannot sync"), 1);
}

TEST_F(AppendTest, AFailedCompressionKeepsThePlainFile) {
    options.rotate_bytes = 1'000;
    options.gzip_rotated = true;
    start(SinkKind::kAppend);
    files.fail(FileOp::kWrite, ENOSPC, -1, "gz.tmp");
    for (int i = 0; i < 3; ++i) {
        number_tick(200);
        take_turns();
    }
    EXPECT_EQ(names(), (Names{"m.ndjson", "m.ndjson.r00000001", "m.ndjson.r00000002"}));
    // One attempt a rotation, not one a turn.
    EXPECT_LE(get(Counter::kSinkErrors), 3U);
    EXPECT_EQ(get(Counter::kSinkBytesDropped), 0U);
    files.clear();
    number_tick(200);
    take_turns();
    EXPECT_EQ(everything(), numbers(0, 800));
    EXPECT_TRUE(std::filesystem::exists(options.path + ".r00000001.gz"));
}

TEST_F(AppendTest, LogrotateCreateIsFollowedToTheNewFile) {
    tick({"a\n"});
    std::filesystem::rename(options.path, directory + "/moved");
    write(options.path, "");
    tick({"b\n"});
    EXPECT_EQ(read(directory + "/moved"), "a\n");
    EXPECT_EQ(read(options.path), "b\n");
    std::filesystem::rename(options.path, directory + "/moved2");
    tick({"c\n"});
    EXPECT_EQ(read(options.path), "c\n");
    EXPECT_EQ(get(Counter::kSinkErrors), 0U);
}

TEST_F(AppendTest, CopytruncateLeavesNoHole) {
    tick({std::string(199, 'a') + "\n"});
    std::filesystem::resize_file(options.path, 0);
    tick({"b\n"});
    EXPECT_EQ(read(options.path), "b\n");
}

TEST_F(AppendTest, ADeletedFileOrDirectoryIsMadeAgain) {
    options.path = directory + "/one/m.ndjson";
    start(SinkKind::kAppend);
    tick({"a\n"});
    std::filesystem::remove(options.path);
    tick({"b\n"});
    EXPECT_EQ(read(options.path), "b\n");
    std::filesystem::remove_all(directory + "/one");
    tick({"c\n"});
    EXPECT_EQ(read(options.path), "c\n");
    EXPECT_EQ(get(Counter::kSinkBytesDropped), 0U);
}

TEST_F(AppendTest, AFullDiskLeavesOnlyWholeLinesAndHealsByItself) {
    tick({"first line\n"});
    files.space_left = 10;
    tick({"abc\n", "defgh\n", "ijk\n"});
    EXPECT_EQ(read(options.path), "first line\nabc\ndefgh\n");
    files.space_left = 6;
    clock.advance_ms(1'000);
    tick({"lmn\n", "opqrst\n"});
    EXPECT_EQ(read(options.path), "first line\nabc\ndefgh\nlmn\n");
    files.clear();
    clock.advance_ms(2'000);
    tick({"healed\n"});
    EXPECT_EQ(read(options.path), "first line\nabc\ndefgh\nlmn\nhealed\n");
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 2U);
    EXPECT_EQ(names(), Names{"m.ndjson"});
    expect_conservation();
}

TEST_F(AppendTest, APartialLineThatCannotBeCutIsRotatedAway) {
    files.space_left = 6;
    files.fail(FileOp::kTruncate, EIO);
    tick({"abc\n", "defgh\n"});
    EXPECT_EQ(read(options.path), "abc\nde");
    files.clear();
    clock.advance_ms(1'000);
    tick({"healed\n"});
    EXPECT_EQ(read(options.path), "healed\n");
    EXPECT_EQ(read(options.path + ".r00000001"), "abc\nde");
}

TEST_F(AppendTest, APartialLineOfAnEarlierCrashIsRotatedAway) {
    write(options.path, "abc\nhalf a li");
    tick({"whole\n"});
    EXPECT_EQ(read(options.path), "whole\n");
    EXPECT_EQ(read(options.path + ".r00000001"), "abc\nhalf a li");
}

TEST_F(AppendTest, APartialLineThatCanNeitherBeCutNorRotatedIsEnded) {
    write(options.path, "abc\nhalf a li");
    files.fail(FileOp::kRename, EACCES);
    tick({"whole\n"});
    EXPECT_EQ(read(options.path), "abc\nhalf a li\nwhole\n");
}

TEST_F(AppendTest, WriteErrorsDropTheFrameAndALaterOneGoesOut) {
    for (const int error : {EIO, EDQUOT, EBADF, EFBIG, ESTALE}) {
        files.fail(FileOp::kWrite, error, 1);
        tick({"lost\n"});
        files.clear();
        clock.advance_ms(31'000);
        tick({"kept\n"});
    }
    EXPECT_EQ(read(options.path), "kept\nkept\nkept\nkept\nkept\n");
    EXPECT_EQ(get(Counter::kSinkErrors), 5U);
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 5U);
}

TEST_F(AppendTest, NoPermissionAfterARestartIsSaidAndHeals) {
    tick({"a\n"});
    stop();
    files.fail(FileOp::kOpen, EACCES);
    start(SinkKind::kAppend);
    tick({"lost\n"});
    EXPECT_EQ(log_lines.count("cannot open " + options.path + ": Permission denied"), 1);
    files.clear();
    clock.advance_ms(1'000);
    tick({"b\n"});
    EXPECT_EQ(read(options.path), "a\nb\n");
}

TEST_F(AppendTest, WhatIsNoRegularFileIsRefusedWithAClearMessage) {
    std::filesystem::create_directory(options.path);
    tick({"lost\n"});
    EXPECT_EQ(log_lines.count("it is a directory"), 1);
    std::filesystem::remove(options.path);
    ASSERT_EQ(::mkfifo(options.path.c_str(), 0644), 0);
    clock.advance_ms(31'000);
    tick({"lost\n"});
    EXPECT_EQ(log_lines.count("it is a FIFO"), 1);
    std::filesystem::remove(options.path);
    std::filesystem::create_symlink("/dev/null", options.path);
    clock.advance_ms(31'000);
    tick({"lost\n"});
    EXPECT_EQ(log_lines.count("/dev/null is a device or a stream"), 1);
    std::filesystem::remove(options.path);
    clock.advance_ms(31'000);
    tick({"kept\n"});
    EXPECT_EQ(read(options.path), "kept\n");
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 3U);
}

TEST_F(AppendTest, ALinkedFileRotatesWhereItReallyIs) {
    std::filesystem::create_directory(directory + "/real");
    std::filesystem::create_symlink("real/target", options.path);
    options.rotate_bytes = 3;
    start(SinkKind::kAppend);
    tick({"abc\n"});
    tick({"def\n"});
    EXPECT_TRUE(std::filesystem::is_symlink(options.path));
    EXPECT_EQ(read(directory + "/real/target"), "def\n");
    EXPECT_EQ(read(directory + "/real/target.r00000001"), "abc\n");
}

TEST_F(AppendTest, SyncFollowsItsPolicy) {
    tick({"a\n"});
    EXPECT_EQ(files.calls[FileOp::kSync], 0);
    options.fsync = FsyncMode::kTick;
    restart();
    tick({"a\n"});
    tick({"b\n"});
    EXPECT_EQ(files.calls[FileOp::kSync], 2);
    files.calls.clear();
    options.fsync = FsyncMode::kRotate;
    options.rotate_bytes = 6;
    restart();
    const std::uint64_t rotations = get(Counter::kSinkRotations);
    for (int i = 0; i < 10; ++i) {
        tick({"c\n"});
    }
    const auto rotated = static_cast<int>(get(Counter::kSinkRotations) - rotations);
    EXPECT_EQ(rotated, 4);
    // The first of them had only what an earlier run had written.
    EXPECT_EQ(files.calls[FileOp::kSync], rotated - 1);
    files.calls.clear();
    tick({"d\n"});
    stop();
    EXPECT_EQ(files.calls[FileOp::kSync], 1) << "a file is complete, too, when the agent stops";
}

TEST_F(AppendTest, WholeLinesOfAFrameThatAStopCutsOffStay) {
    start(SinkKind::kAppend, 128, 16);
    begin();
    for (int i = 0; i < 100; ++i) {
        push("line " + std::to_string(i) + "\n");
    }
    worker->on_stop();
    forget_open_block();
    const std::string text = read(options.path);
    EXPECT_TRUE(text.starts_with("line 0\n"));
    EXPECT_TRUE(text.ends_with("\n"));
    EXPECT_EQ(get(Counter::kSinkBytes), text.size());
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 1U);
}

TEST_F(AppendTest, BytesAreConservedUnderRandomFaults) {
    options.rotate_bytes = 2'000;
    options.disk_bytes_max = 12'000;
    options.gzip_rotated = true;
    start(SinkKind::kAppend, 128, 16);
    std::uint32_t seed = 7;
    const auto random = [&seed](std::uint32_t below) {
        seed = seed * 1'664'525U + 1'013'904'223U;
        return (seed >> 8) % below;
    };
    for (int i = 0; i < 3'000; ++i) {
        files.clear();
        if (random(3) == 0) {
            files.fail(static_cast<FileOp>(random(10)), random(2) == 0 ? EIO : ENOSPC,
                       static_cast<int>(random(3)) + 1);
        }
        if (random(5) == 0) {
            files.space_left = random(400);
        }
        number_tick(static_cast<int>(random(40)));
        worker->do_work();
        clock.advance_ms(random(8'000));
        ASSERT_LE(bytes_on_disk(), options.disk_bytes_max);
        expect_conservation();
    }
    EXPECT_GT(get(Counter::kSinkFrames), 500U);
    EXPECT_GT(get(Counter::kSinkFramesDropped), 100U);
}

// A real full disk, where mounting one is permitted.
TEST_F(AppendTest, ARealFullDiskLeavesOnlyWholeLines) {
    const std::string mount_point = directory + "/small";
    const SmallDisk disk(mount_point);
    if (!disk.mounted()) {
        GTEST_SKIP() << "mounting a tmpfs is not permitted here";
    }
    options.path = mount_point + "/m.ndjson";
    start(SinkKind::kAppend, 4096);
    for (int i = 0; i < 20; ++i) {
        number_tick(500);
        clock.advance_ms(31'000);
    }
    EXPECT_GE(log_lines.count("No space left"), 1);
    const std::string full = read(options.path);
    EXPECT_GT(full.size(), 60'000U);
    EXPECT_TRUE(full.ends_with("}\n"));
    EXPECT_EQ(full.size(), get(Counter::kSinkBytes));
    std::filesystem::resize_file(options.path, 0);
    tick({"healed\n"});
    EXPECT_EQ(read(options.path), "healed\n");
    stop();
}

}  // namespace
}  // namespace remora
