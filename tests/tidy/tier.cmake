add_test(NAME tidy COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/tidy/tidy.py)
set_tests_properties(tidy PROPERTIES LABELS tidy)
add_test(NAME tidy.class_sizes COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/tidy/class_sizes_test.py)
set_tests_properties(tidy.class_sizes PROPERTIES LABELS tidy)
