#include "sink/textfile_output.h"

#include <errno.h>

namespace remora {

TextfileOutput::TextfileOutput(const SinkOptions& options, FileSystem& files,
                               FaultReporter& reporter)
    : options_(options),
      files_(files),
      reporter_(reporter),
      number_(files.unique_number()),
      claim_(files, reporter) {}

TextfileOutput::~TextfileOutput() {
    give_up();
}

// Once, and again after a fault: the link may have changed.
bool TextfileOutput::find_place() {
    if (placed_) {
        return true;
    }
    if (!follow_links(files_, reporter_, options_.path, real_) ||
        !check_ours(files_, reporter_, real_, options_.starts)) {
        return false;
    }
    directory_ = directory_of(real_);
    temporary_ = directory_ + "/" + temporary_name(files_, prefix(), number_);
    placed_ = true;
    is_clean_ = false;
    return true;
}

bool TextfileOutput::take_place() {
    if (!make_place(files_, reporter_, directory_, options_.file_mode) || !claim_.take(real_)) {
        return false;
    }
    if (!is_clean_) {
        remove_stale(files_, directory_, prefix());
        is_clean_ = true;
    }
    return true;
}

std::string TextfileOutput::prefix() const {
    return "." + name_of(real_) + ".tmp-";
}

bool TextfileOutput::open_temporary() {
    if (!take_place()) {
        return false;
    }
    fd_ = files_.open_new(temporary_, options_.file_mode);
    if (fd_ == -EEXIST) {
        (void)files_.remove(temporary_);
        fd_ = files_.open_new(temporary_, options_.file_mode);
    }
    if (fd_ < 0) {
        reporter_.report("cannot open " + temporary_, -fd_);
        return false;
    }
    claim_.report_unlocked();
    // The broker's umask may be 027, and then no exporter could read it.
    (void)files_.set_mode(fd_, options_.file_mode);
    return true;
}

bool TextfileOutput::begin() {
    frame_bytes_ = 0;
    if (!find_place()) {
        return false;
    }
    FileInfo info;
    const bool exists = files_.info_at(real_, info) == 0;
    if (exists && info.kind != FileKind::kRegular) {
        placed_ = false;  // a link that came later is followed at the next attempt
        bool found = false;
        if (info.kind == FileKind::kSymlink) {
            return find_place() && open_temporary();
        }
        return check_regular(files_, reporter_, real_, found) && open_temporary();
    }
    old_bytes_ = exists ? info.bytes : 0;
    return open_temporary();
}

Step TextfileOutput::write(const BlockView& block) {
    const auto on_disk = static_cast<std::int64_t>(frame_bytes_ + block.bytes.size()) + old_bytes_;
    if (options_.disk_bytes_max > 0 && on_disk > options_.disk_bytes_max) {
        reporter_.report("cannot write " + real_, "it would grow beyond rotate.total_size");
        return Step::kFailed;
    }
    std::size_t written = 0;
    const int failed = write_all(files_, fd_, block.bytes, written);
    if (failed < 0) {
        reporter_.report("cannot write " + temporary_, -failed);
        return Step::kFailed;
    }
    frame_bytes_ += block.bytes.size();
    return Step::kDone;
}

bool TextfileOutput::publish() {
    int failed = options_.fsync == FsyncMode::kTick ? files_.sync(fd_) : 0;
    const int closed = files_.close(fd_);  // network file systems report a full disk here
    fd_ = -1;
    failed = failed < 0 ? failed : closed;
    if (failed < 0) {
        reporter_.report("cannot write " + temporary_, -failed);
    } else {
        failed = files_.rename(temporary_, real_);
        if (failed < 0) {
            report_replacing(reporter_, "cannot rename to " + real_, failed);
        }
    }
    if (failed < 0) {
        (void)files_.remove(temporary_);
        placed_ = false;
    }
    return failed >= 0;
}

bool TextfileOutput::end(bool aborted) {
    if (aborted) {
        give_up();
        return true;
    }
    if (!publish()) {
        return false;
    }
    written_ += frame_bytes_;
    return true;
}

// Old values would be read for ever as if somebody still vouched for them.
void TextfileOutput::close(FileEnd file_end) {
    give_up();
    FileInfo info;
    const bool is_there = file_end != FileEnd::kKeep && find_place() &&
                          files_.info_at(real_, info) == 0 && info.kind == FileKind::kRegular;
    // Where the text cannot be written, on a full disk for one, no file is better than the old one.
    const bool is_down = is_there && file_end == FileEnd::kDown && write_down_text();
    if (is_there && !is_down && claim_.take(real_)) {
        const int failed = files_.remove(real_);
        if (failed < 0) {
            report_replacing(reporter_, "cannot remove " + real_, failed);
        }
    }
    give_up();
    claim_.let_go();
}

bool TextfileOutput::write_down_text() {
    if (!open_temporary()) {
        return false;
    }
    std::size_t written = 0;
    const int failed = write_all(files_, fd_, options_.down_text, written);
    if (failed < 0) {
        reporter_.report("cannot write " + temporary_, -failed);
        return false;
    }
    return publish();
}

void TextfileOutput::give_up() {
    placed_ = false;
    if (fd_ >= 0) {
        (void)files_.close(fd_);
        fd_ = -1;
        (void)files_.remove(temporary_);
    }
}

}  // namespace remora
