# The lab itself: what the tests of real brokers stand on.
add_test(NAME lab.parts COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/parts_test.py)
set_tests_properties(lab.parts PROPERTIES LABELS unit TIMEOUT 120)

add_test(NAME lab.lab COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/lab_test.py)
set_tests_properties(lab.lab PROPERTIES LABELS broker TIMEOUT 600 RUN_SERIAL TRUE)
