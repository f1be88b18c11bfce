// Another process of this machine, as /proc shows it, and the files that a JVM looks at when
// somebody wants to attach to it.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/status.h"

namespace remora {

// Closes what it holds.
class Descriptor {
 public:
    explicit Descriptor(int number = -1) : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return number_; }
    bool is_open() const { return number_ >= 0; }

 private:
    int number_;
};

struct JvmProcess {
    pid_t pid = 0;
    pid_t inner_pid = 0;  // in its own namespace
    uid_t user = 0;       // effective, as this process sees it
    gid_t group = 0;
    bool catches_quit = false;  // SIGQUIT would otherwise end it
    bool forbids_attach = false;
    Descriptor root;       // directories, as it sees them
    Descriptor temporary;  // its /tmp
};

// Looks at a process. kNotFound: there is none; kNoPermission: it is another user's; kState: it is
// no JVM. Sends it nothing.
Result<JvmProcess> look_at_jvm(pid_t pid);

// From now on this process acts as the user and the group of `process`, which is what a JVM asks of
// whoever attaches. kNoPermission when it may not.
Status act_as(const JvmProcess& process);

// A new file in the temporary directory of a JVM, removed at the end.
class FileForJvm {
 public:
    // `ending`: of the name, such as ".jar". As the user of the JVM, who can read and write it. The
    // name is the same again and again where that is free, for a JVM never forgets the name of a
    // jar.
    static Result<FileForJvm> make(const JvmProcess& process, const std::string& ending);
    ~FileForJvm();
    FileForJvm(FileForJvm&& other) noexcept;
    FileForJvm& operator=(FileForJvm&&) = delete;
    FileForJvm(const FileForJvm&) = delete;
    FileForJvm& operator=(const FileForJvm&) = delete;

    // As the JVM sees it.
    std::string path() const { return "/tmp/" + name_; }
    int descriptor() const { return file_.get(); }

 private:
    FileForJvm(int directory, std::string name, Descriptor file);

    int directory_;  // of the process
    std::string name_;
    Descriptor file_;
};

}  // namespace remora
