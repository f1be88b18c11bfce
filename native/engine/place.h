// Where the agent's files may be, and the directory that this agent has for itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "config/config.h"
#include "config/parse.h"
#include "engine/placeholders.h"
#include "sink/file_system.h"

namespace remora {

// Where files go when the configuration does not say: beside the broker's own logs, or below the
// temporary directory when that is where Kafka keeps its data.
std::string default_directory(const Facts& facts);

// Problems of what would keep a broker from starting: places below a directory in which Kafka keeps
// its data, fact "log.dirs", where a directory must be a partition's, and ports at which it
// listens, fact "kafka.ports". Links are followed. `config`: with placeholders expanded.
std::vector<Problem> find_places_of_kafka(const Config& config, const Facts& facts);

// Problems of the paths that find_bad_places() (config/places.h) finds, with links followed.
// `config`: with placeholders expanded.
std::vector<Problem> find_shared_places(const Config& config, const std::string& config_file);

// Whether two paths lead to one file, links followed.
bool is_same_place(const std::string& one, const std::string& other);

// The directory that ${dir} stands for.
struct Place {
    std::string directory;
    // Held as long as the agent runs; null when that is not possible.
    std::shared_ptr<const FileLock> lock;
    // Configured, and another agent has it: nothing is written there but what has a lock of its
    // own.
    bool is_foreign = false;
    // Its parent is a directory in which every user may make one, such as /tmp.
    bool is_exposed = false;
    std::vector<std::string> notes;  // sentences for the log
};

// Makes and locks the directory of this agent. `configured`: key `directory`, expanded; empty: the
// default one, or when that is of no use, the same with "-" and the broker's id behind it, which
// from then on is the first choice. kNoPermission when neither is of use: another agent has it, or
// it is below the temporary directory and not ours alone, for whoever made it could choose what we
// overwrite. Asks the disk.
Result<Place> take_place(FileSystem& files, const std::string& configured, const Facts& facts);

// Makes and locks the directory again when somebody removed it. Returns false when another agent
// has it now, or when it is not ours alone. To be called before something is written.
bool keep_place(FileSystem& files, Place& place);

// The directory of this agent if it is there, locked, for a look before the broker is up; makes
// nothing else. Empty when there is none. `configured`: as for take_place().
Place find_place(FileSystem& files, const std::string& configured, const Facts& facts);

// Writes down which directory this node's agent has, in a file beside the broker's logs: an agent
// that comes after it and cannot read the configuration finds it there. `directory`: as configured
// and expanded; empty: the default one, which is found without, so the file is removed. Where there
// is no place for the file, nothing is written. Asks the disk.
void note_directory(FileSystem& files, const std::string& directory, const Facts& facts);

// What note_directory() wrote last; empty: nothing. Asks the disk.
std::string noted_directory(const Facts& facts);

}  // namespace remora
