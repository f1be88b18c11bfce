// `remora doctor`: what is wrong with an agent, and what to do.
#pragma once

#include <string>

namespace remora {

struct DoctorOptions {
    std::string where;   // see which_agent.h
    std::string config;  // configuration file; empty: the one that the agent has
    std::string user;    // who reads the outputs; empty: not known
    double scrape_interval_s = 0;
    bool json = false;
};

// Exit status: 0: nothing found, 1: something, 2: there is nothing to look at.
int run_doctor(const DoctorOptions& options);

}  // namespace remora
