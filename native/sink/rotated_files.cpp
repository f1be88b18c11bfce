#include "sink/rotated_files.h"

#include <errno.h>

#include <algorithm>
#include <charconv>

#include "sink/path.h"

namespace remora {
namespace {

constexpr std::size_t kDigits = 8;
constexpr char kMark = 'r';
constexpr std::string_view kCompressed = ".gz";

// "r<digits>" or "r<digits>.gz"; false for anything else: logrotate's ".1" and ".20261123" are not
// ours.
bool parse_suffix(std::string_view suffix, RotatedFiles::File& file) {
    file.compressed = suffix.ends_with(kCompressed);
    if (file.compressed) {
        suffix.remove_suffix(kCompressed.size());
    }
    if (!suffix.starts_with(kMark)) {
        return false;
    }
    suffix.remove_prefix(1);
    const char* const end = suffix.data() + suffix.size();
    const auto [rest, failed] = std::from_chars(suffix.data(), end, file.number);
    return suffix.size() >= kDigits && failed == std::errc() && rest == end;
}

}  // namespace

void RotatedFiles::scan(const std::string& live) {
    live_ = live;
    list_.clear();
    bytes_ = 0;
    const std::string directory = directory_of(live);
    const std::string prefix = name_of(live) + ".";
    std::vector<std::string> names;
    (void)files_.list(directory, names);
    for (const std::string& name : names) {
        File file;
        if (!name.starts_with(prefix) ||
            !parse_suffix(std::string_view(name).substr(prefix.size()), file)) {
            continue;
        }
        file.path = directory + "/" + name;
        FileInfo info;
        if (files_.info_at(file.path, info) < 0 || info.kind != FileKind::kRegular) {
            continue;
        }
        file.bytes = info.bytes;
        bytes_ += file.bytes;
        highest_ = std::max(highest_, file.number);
        list_.push_back(std::move(file));
    }
    std::sort(list_.begin(), list_.end(),
              [](const File& a, const File& b) { return a.number < b.number; });
}

std::string RotatedFiles::next_path() {
    while (true) {
        const std::string number = std::to_string(++highest_);
        const std::size_t zeros = kDigits > number.size() ? kDigits - number.size() : 0;
        std::string path = live_ + "." + kMark + std::string(zeros, '0') + number;
        FileInfo info;
        if (files_.info_at(path, info) < 0 && files_.info_at(path.append(kCompressed), info) < 0) {
            path.resize(path.size() - kCompressed.size());
            return path;
        }
    }
}

int RotatedFiles::prune(std::size_t count_max, std::int64_t bytes_max) {
    while (!list_.empty() && (list_.size() > count_max || (bytes_max >= 0 && bytes_ > bytes_max))) {
        const int failed = files_.remove(list_.front().path);
        if (failed < 0 && failed != -ENOENT) {
            return failed;
        }
        bytes_ -= list_.front().bytes;
        list_.erase(list_.begin());
    }
    return 0;
}

const RotatedFiles::File* RotatedFiles::to_compress() const {
    for (std::size_t i = 0; i + 1 < list_.size(); ++i) {
        if (!list_[i].compressed && list_[i].number != list_.back().number) {
            return &list_[i];
        }
    }
    return nullptr;
}

}  // namespace remora
