<?php

require __DIR__ . '/../vendor/autoload.php';

header('Content-Type: text/plain');
echo Money\Text::of((new Shop\Basket())->total()), "\n";
