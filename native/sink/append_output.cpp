#include "sink/append_output.h"

#include <errno.h>

#include <algorithm>

namespace remora {
namespace {

// At this pace compressing takes a few percent of a core.
constexpr std::int64_t kGzipPauseNs = 20 * kNanosPerMilli;

// The live file, a rotated one, and where files are compressed the copy that this makes of it.
std::int64_t rotate_bytes_of(const SinkOptions& options) {
    const std::int64_t share = options.disk_bytes_max / (options.gzip_rotated ? 3 : 2);
    if (options.disk_bytes_max <= 0) {
        return options.rotate_bytes;
    }
    return options.rotate_bytes <= 0 ? share : std::min(options.rotate_bytes, share);
}

}  // namespace

AppendOutput::AppendOutput(const SinkOptions& options, const Clock& clock, FileSystem& files,
                           FaultReporter& reporter)
    : options_(options),
      rotate_bytes_(rotate_bytes_of(options)),
      clock_(clock),
      files_(files),
      reporter_(reporter),
      number_(files.unique_number()),
      rotated_(files),
      gzip_(files, reporter),
      claim_(files, reporter) {}

AppendOutput::~AppendOutput() {
    close(FileEnd::kKeep);
}

bool AppendOutput::begin() {
    if (fd_ >= 0 && !still_ours()) {
        close_live();
    }
    if (fd_ < 0 && !open_live()) {
        return false;
    }
    if (!claim_.take(real_)) {
        close_live();
        return false;
    }
    return !rotation_due() || rotate();
}

// Somebody may have deleted, renamed, replaced or cut the file since the last frame.
bool AppendOutput::still_ours() {
    FileInfo info;
    if (files_.info_at(real_, info) < 0 || info.device != identity_.device ||
        info.inode != identity_.inode) {
        return false;
    }
    // Writes go to the end wherever that is now (O_APPEND), so a cut file needs no care.
    live_bytes_ = info.bytes;
    return true;
}

bool AppendOutput::open_live() {
    if (!follow_links(files_, reporter_, options_.path, real_)) {
        return false;
    }
    bool exists = false;
    if (!check_regular(files_, reporter_, real_, exists) ||
        !check_ours(files_, reporter_, real_, options_.starts) ||
        !make_place(files_, reporter_, directory_of(real_), options_.file_mode) ||
        !claim_.take(real_) || !open_file(real_)) {
        return false;
    }
    claim_.report_unlocked();
    if (!exists) {
        (void)files_.set_mode(fd_, options_.file_mode);
    }
    // A crash or a full disk may have left half a line.
    torn_ = live_bytes_ > 0 && !ends_in_line(files_, real_, live_bytes_);
    remove_stale(files_, directory_of(real_), gzip_prefix());
    rotated_.scan(real_);
    prune();
    return true;
}

bool AppendOutput::open_file(const std::string& path) {
    fd_ = files_.open_append(path, options_.file_mode);
    int failed = fd_;
    if (fd_ >= 0) {
        failed = files_.info_of(fd_, identity_);
        if (failed >= 0 && identity_.kind != FileKind::kRegular) {
            failed = -EINVAL;
        }
    }
    if (failed < 0) {
        close_live();
        reporter_.report("cannot open " + path, -failed);
        return false;
    }
    live_bytes_ = identity_.bytes;
    const std::int64_t born_ms = identity_.born_ms > 0 ? identity_.born_ms : identity_.modified_ms;
    born_wall_ms_ = live_bytes_ > 0 ? born_ms : clock_.wall_ms();
    return true;
}

bool AppendOutput::rotation_due() const {
    if (live_bytes_ == 0) {
        return false;
    }
    const bool old =
        options_.rotate_age_ms > 0 && clock_.wall_ms() - born_wall_ms_ >= options_.rotate_age_ms;
    return torn_ || old || (rotate_bytes_ > 0 && live_bytes_ >= rotate_bytes_);
}

// Where renaming fails the live file goes on: losing the rotation is better than losing the lines.
// What it may grow to is bounded by make_room().
bool AppendOutput::rotate() {
    rotated_.scan(real_);
    const int failed = files_.rename(real_, rotated_.next_path());
    if (failed < 0) {
        report_replacing(reporter_, "cannot rename " + real_, failed);
        if (torn_) {
            torn_ = false;
            std::size_t written = 0;
            torn_ = write_all(files_, fd_, std::span("\n", 1), written) < 0;
            live_bytes_ += static_cast<std::int64_t>(written);
        }
        return !torn_;
    }
    reporter_.counters().add_shared(Counter::kSinkRotations);
    close_live();
    gzip_paused_ = false;
    if (!open_file(real_)) {
        return false;
    }
    (void)files_.set_mode(fd_, options_.file_mode);
    torn_ = false;
    rotated_.scan(real_);
    prune();
    return true;
}

// Leaves the live file room to grow to its rotation.
void AppendOutput::prune() {
    const std::int64_t bytes_max =
        options_.disk_bytes_max > 0 ? options_.disk_bytes_max - rotate_bytes_ : -1;
    if (rotated_.list().size() > options_.rotated_files_max ||
        (bytes_max >= 0 && rotated_.bytes() > bytes_max)) {
        gzip_.abandon();
    }
    const int failed = rotated_.prune(options_.rotated_files_max, bytes_max);
    if (failed < 0) {
        reporter_.report("cannot remove " + rotated_.list().front().path, -failed);
    }
}

bool AppendOutput::make_room(std::int64_t bytes) {
    if (has_room(bytes)) {
        return true;
    }
    gzip_.abandon();
    if (!has_room(bytes)) {
        (void)rotated_.prune(
            options_.rotated_files_max,
            std::max<std::int64_t>(options_.disk_bytes_max - live_bytes_ - bytes, 0));
    }
    if (!has_room(bytes)) {
        reporter_.report("cannot write " + real_, "it would grow beyond rotate.total_size");
        return false;
    }
    return true;
}

Step AppendOutput::write(const BlockView& block) {
    if (!make_room(static_cast<std::int64_t>(block.bytes.size()))) {
        return Step::kFailed;
    }
    return write_lines(block.bytes) ? Step::kDone : Step::kFailed;
}

bool AppendOutput::write_lines(std::span<const char> lines) {
    std::size_t written = 0;
    const int failed = write_all(files_, fd_, lines, written);
    live_bytes_ += static_cast<std::int64_t>(written);
    dirty_ = dirty_ || written > 0;
    if (failed >= 0) {
        written_ += written;
        return true;
    }
    std::size_t whole = written;
    while (whole > 0 && lines[whole - 1] != '\n') {
        --whole;
    }
    written_ += whole;
    if (whole < written) {
        cut_partial_line(static_cast<std::int64_t>(written - whole));
    }
    reporter_.report("cannot write " + real_, -failed);
    return false;
}

// Within microseconds of writing it, so that no reader has seen it yet; and only while nobody else
// wrote behind it.
void AppendOutput::cut_partial_line(std::int64_t partial) {
    FileInfo info;
    torn_ = files_.info_of(fd_, info) < 0 || info.bytes != live_bytes_ ||
            files_.truncate(fd_, live_bytes_ - partial) < 0;
    if (!torn_) {
        live_bytes_ -= partial;
    }
}

bool AppendOutput::sync_now() {
    if (!dirty_ || fd_ < 0) {
        return true;
    }
    const int failed = files_.sync(fd_);
    dirty_ = false;
    if (failed < 0) {
        reporter_.report("cannot sync " + real_, -failed);
    }
    return failed >= 0;
}

bool AppendOutput::end(bool /*aborted*/) {
    // Lines of an aborted frame are whole and true: they stay.
    return options_.fsync != FsyncMode::kTick || sync_now();
}

// The next attempt opens anew, whatever was wrong with this descriptor, and looks whether the file
// ends in a line.
void AppendOutput::give_up() {
    close_live();
}

std::int64_t AppendOutput::idle() {
    if (!options_.gzip_rotated || gzip_paused_ || fd_ < 0) {
        return kIdleForEver;
    }
    if (!gzip_.active()) {
        start_compressing();
    } else if (!has_room(std::min(gzip_.bytes_next_max(), gzip_bytes_max_) - gzip_.bytes())) {
        gzip_.abandon();
        gzip_paused_ = true;
    } else if (gzip_.step()) {
        gzip_paused_ = gzip_.failed();
        rotated_.scan(real_);
    }
    return gzip_.active() ? kGzipPauseNs : kIdleForEver;
}

void AppendOutput::start_compressing() {
    const RotatedFiles::File* const file = rotated_.to_compress();
    if (file == nullptr) {
        return;
    }
    // Older ones go for it: what is compressed gives back more than they hold.
    const RotatedFiles::File job = *file;
    while (!has_room(job.bytes + GzipJob::kSlackBytes) &&
           rotated_.list().front().path != job.path) {
        if (rotated_.prune(rotated_.list().size() - 1, -1) < 0) {
            break;
        }
    }
    const std::string temporary =
        directory_of(real_) + "/" + temporary_name(files_, gzip_prefix(), number_);
    gzip_bytes_max_ = job.bytes + GzipJob::kSlackBytes;
    gzip_paused_ =
        !has_room(gzip_bytes_max_) ||
        !gzip_.start(job.path, temporary, options_.file_mode, options_.fsync != FsyncMode::kNever);
}

bool AppendOutput::has_room(std::int64_t bytes) const {
    return options_.disk_bytes_max <= 0 || on_disk() + bytes <= options_.disk_bytes_max;
}

std::string AppendOutput::gzip_prefix() const {
    return "." + name_of(real_) + ".gz.tmp-";
}

void AppendOutput::close_live() {
    if (fd_ >= 0) {
        if (options_.fsync != FsyncMode::kNever) {
            sync_now();
        }
        (void)files_.close(fd_);
    }
    fd_ = -1;
    dirty_ = false;
}

void AppendOutput::close(FileEnd /*file_end*/) {
    gzip_.abandon();
    close_live();
    claim_.let_go();
}

}  // namespace remora
