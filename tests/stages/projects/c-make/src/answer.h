double answer(double x);
