// `remora report`: profile, suggestions, trials and history of an agent as one page for a browser.
#pragma once

#include <string>

namespace remora {

struct ReportOptions {
    std::string directory;
    std::string html;  // file to write
};

// Reads what the agent has left in its directory and writes the page. Problems go to stderr. Exit
// status: 0; 1 when there is no profile of this version, or the page cannot be written.
int run_report(const ReportOptions& options);

}  // namespace remora
