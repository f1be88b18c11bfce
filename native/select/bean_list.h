// A saved list of MBeans, as `remora check --mbeans` and the tests take it.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/bean.h"

namespace remora {

// Appends the bean's line, with its end, in the second of the forms that BeanList::parse() reads.
void append_bean_line(const Bean& bean, std::string& text);

// Beans and the text that they are views of.
class BeanList {
 public:
    // Parses one bean a line, in any of four forms:
    //
    //   ObjectName
    //       The kind is guessed from the name: a rough idea.
    //   kind TAB ObjectName TAB attributes
    //       The kind is one of gauge counter meter histogram timer mbean. Only an mbean has
    //       attributes: paths, separated by commas, each with an optional ":boolean" or ":text".
    //   {"name": ..., "attributes": {...}}
    //       Attributes map paths to values, or to the words number, boolean, text. The kind
    //       follows from which attributes there are.
    //   {"name": ..., "attribute": ..., "value": ...}
    //       The same, one line an attribute.
    //
    // Skips empty lines and lines that begin with #. kCorrupt names the first line that is none of
    // these.
    static Result<BeanList> parse(std::string_view text);

    const std::vector<Bean>& beans() const { return beans_; }

 private:
    Status add_line(std::string_view line);
    Status add_table_line(std::string_view line);
    Status add_json_line(std::string_view line);
    Status add_bean(std::string_view name, BeanKind kind, std::vector<BeanAttribute> attributes);
    void end_json_bean();
    std::string_view keep(std::string_view text);

    std::deque<std::string> texts_;
    std::vector<Bean> beans_;
    bool json_open_ = false;  // the last bean came from JSON and may get further attributes
};

}  // namespace remora
