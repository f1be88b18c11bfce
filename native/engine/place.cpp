#include "engine/place.h"

#include <errno.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/files.h"
#include "config/places.h"
#include "sink/path.h"

namespace remora {
namespace {

constexpr std::uint32_t kDirectoryMode = 0755;
constexpr std::uint32_t kOthersMayWrite = 0022;
constexpr std::uint64_t kNoteBytesMax = 16 * 1024;

std::string default_place(const std::string& logs) {
    return logs + "/remora";
}

// Without links and dots, as far as the path exists.
std::filesystem::path real_path(const std::string& path) {
    std::error_code failed;
    std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
    return failed ? std::filesystem::path(path).lexically_normal() : real;
}

// The directory of Kafka's data that `path` is or lies below; empty when there is none.
std::string log_directory_above(const std::string& path, const Facts& facts) {
    const std::filesystem::path place = real_path(path);
    const std::string all = value_of(facts, "log.dirs");
    for (std::string_view rest = all; !rest.empty();) {
        const std::string_view one = take_until(rest, ',');
        if (one.empty()) {
            continue;
        }
        const std::filesystem::path above = real_path(std::string(one));
        const auto [end, _] = std::mismatch(above.begin(), above.end(), place.begin(), place.end());
        // A path that ends in a slash has an empty last part.
        if (end == above.end() || (std::next(end) == above.end() && end->empty())) {
            return std::string(one);
        }
    }
    return "";
}

bool is_beside_logs(const Facts& facts) {
    const std::string logs = value_of(facts, "kafka.logs.dir");
    return !logs.empty() && log_directory_above(default_place(logs), facts).empty();
}

// Empty when there is no place for it.
std::string note_path(const Facts& facts) {
    return is_beside_logs(facts) ? value_of(facts, "kafka.logs.dir") + "/remora-" +
                                       as_file_name(value_of(facts, "broker.id")) + ".directory"
                                 : "";
}

// In the order of choice: what was ours before comes first, so that nodes of one host do not change
// places with the order in which they start.
std::vector<std::string> default_directories(FileSystem& files, const Facts& facts) {
    std::vector<std::string> found = {default_directory(facts)};
    found.push_back(found[0] + "-" + as_file_name(value_of(facts, "broker.id")));
    FileInfo own;
    if (files.info_at(found[1], own) == 0) {
        std::swap(found[0], found[1]);
    }
    return found;
}

// Why a directory that anybody could have made is not to be used; empty when it may be.
std::string not_ours(FileSystem& files, const std::string& directory) {
    FileInfo info;
    if (files.info_at(directory, info) != 0) {
        return "";
    }
    if (info.kind != FileKind::kDirectory) {
        return "is no directory";
    }
    if (info.owner != files.own_user()) {
        return "belongs to another user";
    }
    return (info.mode & kOthersMayWrite) != 0 ? "may be written by others" : "";
}

// Locks `directory` for `place`. False: another agent has it.
bool lock_directory(FileSystem& files, const std::string& directory, Place& place) {
    place.directory = directory;
    const int failed = files.lock(directory + "/remora.lock", place.lock);
    if (failed < 0 && failed != -EWOULDBLOCK) {
        place.notes.push_back("nothing keeps another agent from writing in " + directory +
                              ": its remora.lock cannot be locked: " + std::strerror(-failed));
    }
    place.is_foreign = failed == -EWOULDBLOCK;
    return !place.is_foreign;
}

// False, after a report, when the directory is not there.
bool make(FileSystem& files, const std::string& directory, Place& place) {
    place.directory = directory;
    const int made = make_directories(files, directory, kDirectoryMode);
    if (made < 0) {
        place.notes.push_back("directory " + directory +
                              " cannot be made: " + std::strerror(-made));
    }
    return made >= 0;
}

void report_foreign(Place& place) {
    place.notes.push_back(
        "another agent has the directory " + place.directory +
        ": counters and lists of beans (remora stat, top, check --live) are not written there; "
        "give each node a directory of its own, such as one with ${broker.id}");
}

Result<Place> take_default(FileSystem& files, const Facts& facts) {
    Place place;
    std::string useless;
    for (const std::string& directory : default_directories(files, facts)) {
        if (!log_directory_above(directory, facts).empty()) {
            continue;
        }
        if (!make(files, directory, place)) {
            return place;
        }
        place.is_exposed = !is_beside_logs(facts);
        std::string reason = place.is_exposed ? not_ours(files, directory) : "";
        if (reason.empty() && lock_directory(files, directory, place)) {
            if (!useless.empty()) {
                place.notes.push_back("files go to " + directory + ", since " + useless);
            }
            return place;
        }
        reason = reason.empty() ? "is another agent's" : reason;
        useless += (useless.empty() ? "" : ", ") + directory + " " + reason;
    }
    return Status(Code::kNoPermission, "directory: not set, and the default is of no use (" +
                                           useless + "); expected a directory of its own");
}

}  // namespace

std::string default_directory(const Facts& facts) {
    if (is_beside_logs(facts)) {
        return default_place(value_of(facts, "kafka.logs.dir"));
    }
    const std::string temporary = value_of(facts, "java.io.tmpdir");
    return (temporary.empty() ? "/tmp" : temporary) + "/remora-" + value_of(facts, "user.name");
}

std::vector<Problem> find_places_of_kafka(const Config& config, const Facts& facts) {
    std::vector<Problem> problems;
    const auto look_at = [&](const std::string& key, const std::string& path) {
        const std::string above = path.empty() ? path : log_directory_above(path, facts);
        if (!above.empty()) {
            problems.push_back({key + ": found " + path + ", which is in " + above +
                                ", where Kafka keeps its data; expected a path elsewhere, for a "
                                "broker does not start with what is not its own there"});
        }
    };
    const std::string ports = "," + value_of(facts, "kafka.ports") + ",";
    look_at("directory", config.directory);
    for (std::size_t i = 0; i < config.outputs.size(); ++i) {
        const OutputConfig& output = config.outputs[i];
        look_at("outputs." + std::to_string(i) + ".path",
                output.type == OutputType::kFile ? output.path : "");
        if (output.type == OutputType::kHttp &&
            ports.find("," + std::to_string(output.port) + ",") != std::string::npos) {
            problems.push_back({"outputs." + std::to_string(i) + ".port: found " +
                                std::to_string(output.port) +
                                ", which is the broker's own; expected another, for a broker does "
                                "not start when its port is taken"});
        }
    }
    look_at("trace.path", config.trace.path);
    return problems;
}

std::vector<Problem> find_shared_places(const Config& config, const std::string& config_file) {
    std::vector<Problem> problems;
    const auto normalized = [&](const std::string& path) {
        const std::string plain = plain_path(path, config.directory);
        // What is behind a device or a stream is not what is asked for.
        return is_kernel_path(plain) ? plain : real_path(plain).string();
    };
    for (const BadPlace& bad : find_bad_places(config, config_file, normalized)) {
        problems.push_back({(bad.output == BadPlace::kTrace
                                 ? "trace.path"
                                 : "path of output " + config.outputs[bad.output].name) +
                            ": " + bad.what});
    }
    return problems;
}

bool is_same_place(const std::string& one, const std::string& other) {
    return one == other || real_path(plain_path(one, "")) == real_path(plain_path(other, ""));
}

Result<Place> take_place(FileSystem& files, const std::string& configured, const Facts& facts) {
    if (!configured.empty()) {
        Place place;
        if (make(files, configured, place) && !lock_directory(files, configured, place)) {
            report_foreign(place);
        }
        return place;
    }
    Result<Place> place = take_default(files, facts);
    const std::string logs = value_of(facts, "kafka.logs.dir");
    if (place && !logs.empty() && !is_beside_logs(facts)) {
        place.value().notes.push_back("files go to " + place.value().directory + ", since " + logs +
                                      " is where Kafka keeps its data");
    }
    return place;
}

bool keep_place(FileSystem& files, Place& place) {
    FileInfo info;
    const bool is_there =
        place.lock != nullptr ? place.lock->is_there() : files.info_at(place.directory, info) == 0;
    if (is_there || place.is_foreign) {
        return !place.is_foreign;
    }
    place.lock.reset();
    // A fault shows again, with its reason, when a file is written.
    static_cast<void>(make_directories(files, place.directory, kDirectoryMode));
    place.is_foreign = place.is_exposed && !not_ours(files, place.directory).empty();
    return !place.is_foreign && lock_directory(files, place.directory, place);
}

Place find_place(FileSystem& files, const std::string& configured, const Facts& facts) {
    if (!configured.empty()) {
        Place place;
        FileInfo found;
        if (files.info_at(configured, found) == 0) {
            lock_directory(files, configured, place);
        }
        return place;
    }
    for (const std::string& directory : default_directories(files, facts)) {
        Place place;
        FileInfo found;
        const bool is_usable = files.info_at(directory, found) == 0 &&
                               (is_beside_logs(facts) || not_ours(files, directory).empty());
        if (is_usable && lock_directory(files, directory, place)) {
            return place;
        }
    }
    return {};
}

void note_directory(FileSystem& files, const std::string& directory, const Facts& facts) {
    const std::string path = note_path(facts);
    if (path.empty()) {
        return;
    }
    if (directory.empty()) {
        static_cast<void>(files.remove(path));
        return;
    }
    std::error_code ignored;
    const std::string whole = std::filesystem::absolute(directory, ignored).string();
    // Logs that cannot be written to are no fault of the agent's: it works without the note.
    static_cast<void>(replace_file(path, whole + "\n", "note of the directory"));
}

std::string noted_directory(const Facts& facts) {
    const std::string path = note_path(facts);
    const Result<std::string> text = path.empty() ? std::string() : read_file(path, kNoteBytesMax);
    return text ? text.value().substr(0, text.value().find('\n')) : "";
}

}  // namespace remora
